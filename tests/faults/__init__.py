"""Faults: processes killed, connections cut, servers crashed, many migrators at once; and what must hold afterwards."""
