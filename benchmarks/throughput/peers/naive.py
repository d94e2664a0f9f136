"""The job as anyone would write it first: httpx, json, and a print for each record. ``naive.py URL``"""

import json
import sys

import httpx

params = {"limit": "250"}
with httpx.Client() as client:
    while True:
        page = client.get(sys.argv[1], params=params).json()
        after = page.get("paging", {}).get("next", {}).get("after")
        for record in page["results"]:
            print(json.dumps({"captured": {"binding": 0, "doc": record}}))
        print(json.dumps({"checkpoint": {"state": {"updated": {"after": after}, "mergePatch": True}}}), flush=True)
        if after is None:
            break
        params["after"] = after
