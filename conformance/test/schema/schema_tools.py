"""What the tests of schemas share: a Python that has jsonschema, the schemas, and JSON as RFC 8259 has it."""

import fcntl
import json
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parents[2]
SCHEMAS = REPOSITORY / "docs" / "schema"


def go_on_with_jsonschema(folder):
    """Installs requirements.txt once into a virtual environment; the program goes on with its Python."""
    folder = pathlib.Path(folder).resolve()
    if pathlib.Path(sys.prefix) == folder:
        return
    wanted = (HERE / "requirements.txt").read_text()
    mark = folder / "installed.txt"
    folder.mkdir(parents=True, exist_ok=True)
    with open(f"{folder}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not mark.exists() or mark.read_text() != wanted:
            subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
            subprocess.run([folder / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "-r",
                            HERE / "requirements.txt"], check=True)
            mark.write_text(wanted)
    python = folder / "bin" / "python3"
    os.execv(python, [str(python), *sys.argv])


def load(path):
    return json.loads(pathlib.Path(path).read_text())


def schema(name):
    return load(SCHEMAS / f"{name}.schema.json")


def validator(document):
    import jsonschema
    jsonschema.Draft202012Validator.check_schema(document)
    return jsonschema.Draft202012Validator(document)


def refuse_constant(name):
    raise ValueError(f"{name} is no JSON")


def fits(check, message):
    """Whether bytes are one JSON text that fits a schema."""
    try:
        value = json.loads(message.decode("utf-8"), parse_constant=refuse_constant)
        return check.is_valid(value)
    except (UnicodeDecodeError, ValueError, RecursionError):
        return False
