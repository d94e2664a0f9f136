import sys

from source_shop import main

sys.exit(main())
