from source_acme import Acme

Acme().serve()
