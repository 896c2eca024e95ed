"""How a setting is named, on the command line and in the environment, and told of."""

from mynaportal_sim.settings import PREFIX, Settings


def option(name: str) -> str:
    """The setting's option on the command line; of what is on by default, what turns it off.

    Empty for a setting that only the environment has.
    """
    schema = Settings.model_fields[name].json_schema_extra
    if isinstance(schema, dict) and schema.get("option") is False:
        return ""
    on = Settings.model_fields[name].default is True
    return f"--{'no-' if on else ''}{name.replace('_', '-')}"


def variable(name: str) -> str:
    """The setting's variable in the environment."""
    return f"{PREFIX}{name.upper()}"


def purpose(name: str) -> str:
    """What the setting is for."""
    return Settings.model_fields[name].description or ""


def default_text(name: str) -> str:
    """What holds when nobody sets it, the same on every machine."""
    field = Settings.model_fields[name]
    schema = field.json_schema_extra
    shown = schema.get("default") if isinstance(schema, dict) else None
    return str(field.default if shown is None else shown)
