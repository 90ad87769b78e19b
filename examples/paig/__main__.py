"""`python . create_tables`, `python . run`: the service from a shell."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys


def main() -> None:
    """Read the command line, then the configuration that it names."""
    parser = argparse.ArgumentParser(prog="paig")
    parser.add_argument("command", choices=("create_tables", "run"))
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=4545)
    parser.add_argument("--config_path", help="the folder with default_config.yaml")
    parser.add_argument("--custom_config_path", help="the folder with the files of deployments")
    parser.add_argument("--paig_deployment", help="which of them")
    options = parser.parse_args()
    for variable, value in (
        ("CONFIG_PATH", options.config_path),
        ("EXT_CONFIG_PATH", options.custom_config_path),
        ("PAIG_DEPLOYMENT", options.paig_deployment),
    ):
        if value:
            os.environ[variable] = value

    from core.create_tables import create_default_user, create_or_update_tables

    import whimbrel

    try:
        create_or_update_tables()
    except whimbrel.WhimbrelError as error:
        sys.exit(str(error))
    asyncio.run(create_default_user())
    if options.command == "run":
        import uvicorn

        uvicorn.run("server:app", host=options.host, port=options.port)


if __name__ == "__main__":
    main()
