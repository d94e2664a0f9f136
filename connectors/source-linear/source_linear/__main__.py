from connector_sdk.process import main

main("source_linear")
