"""Every message has to be one of airbyte-protocol-models, member by member. Arguments: files of lines."""

import json
import sys
from collections import Counter
from pathlib import Path

from airbyte_protocol.models import AirbyteMessage

told: Counter[str] = Counter()
for name in sys.argv[1:]:
    for number, line in enumerate(Path(name).read_bytes().splitlines(), 1):
        message = json.loads(line)
        read = AirbyteMessage.model_validate_json(line)
        again = json.loads(read.model_dump_json(exclude_unset=True, by_alias=True))
        if again != message:  # a member that the models do not know is left out
            sys.exit(f"{Path(name).name}, line {number}: the models read {str(again)[:300]} of {str(message)[:300]}")
        told[message["type"] + "." + message["trace"]["type"] if message["type"] == "TRACE" else message["type"]] += 1
needed = {"SPEC", "CONNECTION_STATUS", "CATALOG", "RECORD", "STATE", "LOG", "CONTROL",
          "TRACE.ERROR", "TRACE.STREAM_STATUS", "TRACE.ESTIMATE"}  # fmt: skip
if missing := needed - told.keys():
    sys.exit(f"no message of these types was seen: {', '.join(sorted(missing))}")
print(", ".join(f"{count:,} {kind}" for kind, count in sorted(told.items())))
