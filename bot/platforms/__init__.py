"""One file per platform and kind of connection: `<platform>_<kind>.py` with `build(connection, clock)`."""
