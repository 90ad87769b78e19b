"""The configuration: one file with the defaults, and one for each deployment that goes before it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import yaml

ROOT_DIR = Path(__file__).resolve().parent.parent


def load_config_file() -> dict[str, Any]:
    """The defaults of CONFIG_PATH, with what PAIG_DEPLOYMENT's file of EXT_CONFIG_PATH says otherwise."""
    defaults = Path(os.environ.get("CONFIG_PATH", ROOT_DIR / "conf"))
    config = _read(defaults / "default_config.yaml")
    deployment = os.environ.get("PAIG_DEPLOYMENT", "dev")
    custom = Path(os.environ.get("EXT_CONFIG_PATH", defaults)) / f"{deployment}_config.yaml"
    return _merged(config, _read(custom)) if custom.exists() else config


def _read(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text(encoding="utf-8")) or {}


def _merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        both = isinstance(merged.get(key), dict) and isinstance(value, dict)
        merged[key] = _merged(merged[key], value) if both else value
    return merged
