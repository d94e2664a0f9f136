"""What lint finds in a specification: each rule, where it fires, and where it does not."""

import pytest

from connector_sdk.catalog.specs import RULES, lint
from connector_sdk.errors import CatalogUsageError
from tests.catalog.specs.conftest import SEALED, SOPS

HELLO = "ghcr.io/estuary/source-hello-world:v1"


LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{to}: &{to} [{', '.join([f'*{of}'] * 10)}]\n" for of, to in zip("abcdefgh", "bcdefghi", strict=True)
)


def capture(image=HELLO, config="{}", bindings="[]", more=""):
    return (
        f"captures:\n  acmeCo/a/task:\n    endpoint:\n      connector:\n        image: {image}\n"
        f"        config: {config}\n    bindings: {bindings}\n{more}"
    )


def collection(key="[/id]", schema="{type: object, properties: {id: {type: string}}, required: [id]}", more=""):
    return (
        "captures:\n  acmeCo/a/task:\n    endpoint: {local: {command: [x], config: {}}}\n"
        "    bindings: [{resource: {name: a}, target: acmeCo/a/things}]\n"
        f"collections:\n  acmeCo/a/things:\n    schema: {schema}\n    key: {key}\n{more}"
    )


def snowflake(config="", resource="{table: things}"):
    return (
        collection()
        + "materializations:\n  acmeCo/a/snow:\n    endpoint:\n      connector:\n"
        + "        image: ghcr.io/estuary/materialize-snowflake:v4\n        config:\n"
        + "          host: a-b.snowflakecomputing.com\n          database: D\n          schema: S\n"
        + "          timestamp_type: TIMESTAMP_LTZ\n"
        + f"          credentials: {{auth_type: jwt, user: u, private_key_sops: '{SEALED}'}}\n          {SOPS}\n"
        + "          syncSchedule: {syncFrequency: 5m}\n"
        + config
        + f"    bindings: [{{source: acmeCo/a/things, resource: {resource}}}]\n"
    )


def only(found, *rules):
    return [each for each in found if each.rule in rules or not rules]


def test_a_good_specification_has_no_findings(files):
    assert files.of(snowflake()) == []


@pytest.mark.parametrize(
    ("text", "line", "message", "hint"),
    [
        ("[]", 1, "The file is a list; it has to be a mapping", ""),
        ("", 1, "The file is nothing", ""),
        ("capture: {}", 1, "The file has capture, which is not known there", "captures"),
        ("captures:\n  acmeCo/a b: {endpoint: {local: {command: [], config: {}}}, bindings: []}", 2,
         "acmeCo/a b", "letters, digits"),
        ("captures:\n  a/b:\n    endpoint: {conector: {}}\n    bindings: []", 3, "has conector", "connector"),
        ("captures:\n  a/b:\n    endpoint: {connector: {config: {}}}\n    bindings: []", 3, "lacks image", ""),
        ("captures:\n  a/b:\n    endpoint: {local: {command: x, config: {}}}\n    bindings: []", 3,
         "command is text; it has to be a list", ""),
        ("captures:\n  a/b:\n    endpoint: {local: {command: [], config: {}}}\n    interval: 5 minutes\n"
         "    bindings: []", 4, "interval does not match", "such as 5m"),
        ("captures:\n  a/b:\n    endpoint: {local: {command: [], config: {}}}\n    bindings:\n"
         "      - {resource: {}, target: a/c, sorce: 1}", 5, "has sorce", ""),
        ("captures:\n  a/b:\n    endpoint: {local: {command: [], config: {}}}\n    bindings: []\n"
         "    autoDiscover: {addNewBinding: true}", 5, "addNewBinding", "addNewBindings"),
        ("collections:\n  a/b: {key: [/id]}", 2, "lacks schema", "JSON Schema"),
        ("collections:\n  a/b: {key: [id], schema: {}}", 2, "does not match", "JSON pointers"),
        ("collections:\n  a/b:\n    key: [/id]\n    schema: {}\n    readSchema: {}", 5, "readSchema may not be", ""),
        ("materializations:\n  a/b:\n    endpoint: {dekaf: {variant: x}}\n    bindings: []", 3, "lacks config", ""),
        ("materializations:\n  a/b:\n    endpoint: {local: {command: [], config: {}}}\n    bindings:\n"
         "      - source: a/c\n        resource: {}\n        fields: {recommended: 1, inclde: {}}", 7, "inclde",
         "include"),
        ("tests:\n  a/b:\n    - ingst: {collection: a/c, documents: []}", 3, "ingst", "ingest"),
        ("import: flow.yaml", 1, "import is text; it has to be a list", ""),
    ],
)  # fmt: skip
def test_the_shape(files, text, line, message, hint):
    found = only(files.of(text), "flow-shape")
    assert [each.severity for each in found] == ["error"] * len(found)
    match = next(each for each in found if message in each.message)
    assert match.line == line
    assert hint in match.hint


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("captures: {a: [}", 1, ""),
        ("a: 1\na: 2\n", 2, "duplicate key"),
        (LAUGHS, 0, "endless"),
        ("a: b\n---\nc: d\n", 2, ""),
        ("a: \x00\n", 0, ""),
    ],
)
def test_what_is_no_yaml_is_told_with_its_line(files, text, line, message):
    (found,) = files.of(text)
    assert (found.rule, found.severity) == ("flow-yaml", "error")
    assert found.line == line
    assert message in found.message


def test_a_duplicate_key_does_not_show_its_values(files):
    (found,) = files.of("config:\n  password: first-secret\n  password: second-secret\n")
    assert "password" in found.message
    assert "secret" not in found.message.replace("password", "")


def test_what_is_told_without_a_line_names_the_file_and_not_its_folder(files):
    (found,) = files.of("[" * 2_000)
    assert found.message.endswith(".yaml cannot be read: its values lie too deep in one another.")
    assert "/" not in found.message and found.message[0].islower()


def test_a_file_that_is_not_there_is_wrong_usage(files):
    with pytest.raises(CatalogUsageError, match=r"There is no file .*nowhere\.yaml"):
        lint(files.root / "nowhere.yaml", files.repository, None)


@pytest.mark.parametrize(
    ("image", "rule", "severity", "message"),
    [
        ("ghcr.io/estuary/source-postgres:latest", "flow-tag", "error", "no tag latest"),
        ("ghcr.io/estuary/source-postgres", "flow-tag", "error", "has no tag"),
        ("ghcr.io/estuary/source-postgres:dev", "flow-tag", "warning", "moves with each commit"),
        ("ghcr.io/estuary/source-postgres:v2", "flow-tag", "warning", "older than v3"),
        ("ghcr.io/estuary/source-postgres:v9", "flow-tag", "warning", "newer than v3"),
        ("ghcr.io/estuary/source-postgres:stable", "flow-tag", "error", "no tag stable"),
        ("ghcr.io/estuary/source-postgress:v3", "flow-image", "error", "no connector source-postgress"),
        ("ghcr.io/estuary/thing:v1", "flow-image", "error", "Estuary has no image thing"),
        ("ghcr.io/estuary/materialize-postgres:v5", "flow-image", "error", "a materialization; it stands in captures"),
        ("ghcr.io/estuary/source-hubspot:v5", "flow-deprecated", "warning", "source-hubspot is deprecated"),
        ("ghcr.io/acme/source-thing:v1", "flow-unregistered", "warning", "not registered"),
        ("ghcr.io/acme/source-gong:v1", "flow-unregistered", "warning", "not registered"),
        ("registry.example.test:5000/source-thing:v1", "flow-unregistered", "warning", "not registered"),
        ("<REGISTRY/source-gong:TAG>", "flow-placeholder", "note", "to be filled in"),
        ("ghcr.io/estuary/${NAME}:v1", "flow-variable", "error", "${NAME}"),
    ],
)  # fmt: skip
def test_images_and_tags(files, image, rule, severity, message):
    found = only(files.of(capture(f'"{image}"')), "flow-tag", "flow-image", "flow-deprecated", "flow-unregistered",
                 "flow-placeholder", "flow-variable")  # fmt: skip
    assert (found[0].rule, found[0].severity, found[0].line) == (rule, severity, 5)
    assert message in found[0].message


@pytest.mark.parametrize("tag", [":v3", ":a9bf953", f"@sha256:{'0' * 64}", f":v3@sha256:{'0' * 64}"])
def test_tags_that_are_good(files, tag):
    found = files.of(capture(f"ghcr.io/estuary/source-postgres{tag}", "c.yaml"))
    assert only(found, "flow-tag", "flow-image") == []


def test_an_image_that_is_to_be_filled_in_is_told_once(files):
    assert len(only(files.of(capture('"<REGISTRY/source-gong:TAG>"')), "flow-placeholder")) == 1


def test_before_publishing_what_is_unready_is_an_error(files):
    text = capture("ghcr.io/acme/source-thing:v1", "{token: <token>}")
    assert {each.rule: each.severity for each in files.of(text)} == {
        "flow-unregistered": "warning", "flow-placeholder": "note",
    }  # fmt: skip
    assert {each.severity for each in files.of(text, publish=True)} == {"error"}
    local = "captures:\n  a/b:\n    endpoint:\n      local: {command: [x], config: {}}\n    bindings: []\n"
    assert only(files.of(local), "flow-local") == []
    assert [each.line for each in only(files.of(local, publish=True), "flow-local")] == [4]


def test_what_is_empty_is_not_ready_to_be_published(files):
    text = capture("ghcr.io/estuary/source-slack:v2")
    assert files.of(text) == []
    found = files.of(text, publish=True)
    assert [(each.line, each.severity, each.message) for each in found] == [
        (6, "error", "The config is empty."),
        (7, "error", "acmeCo/a/task binds nothing."),
    ]


def test_rules_that_are_allowed_become_notes(files):
    endpoint = "    endpoint: {local: {command: [x], config: {}}}\n"
    text = f"captures:\n  acmeCo/a:\n    delete: true\n{endpoint}    bindings: []\n"
    assert [(each.severity, each.line) for each in only(files.of(text), "flow-removal")] == [("error", 3)]
    assert [each.severity for each in files.of(text, allow=["flow-removal"])] == ["note"]
    assert [each.rule for each in files.of(text.replace("delete", "reset"))] == ["flow-removal"]
    assert files.of(text.replace("true", "false")) == []


@pytest.mark.parametrize(
    ("config", "rule", "severity", "message"),
    [
        ("{access_key: plain}", "flow-secret", "error", "credentials.access_key is a secret in plain text"),
        ("{access_key_sops: plain}", "flow-secret", "error", "credentials.access_key_sops is not encrypted yet"),
        (f"{{access_key_sops: '{SEALED}'}}, {SOPS}", None, None, ""),
        (f"{{access_key: '{SEALED}'}}, {SOPS}", None, None, ""),
        (f"{{access_key_sops: '{SEALED}'}}", "flow-secret", "error", "access_key_sops looks encrypted, but no sops"),
        (f"{{access_key_sops: '{SEALED}'}}, sops: {{}}", "flow-secret", "error", "access_key_sops looks encrypted"),
        ("{access_key_sops: 'ENC[plain]'}", "flow-secret", "error", "access_key_sops is not encrypted yet"),
        (f"{{access_key: 'ENC[plain]'}}, {SOPS}", "flow-secret", "error", "access_key is a secret in plain text"),
        ("{access_key: [plain]}", "flow-secret", "error", "access_key.0 is a secret in plain text"),
        ("{access_key: {a: {b: plain}}}", "flow-secret", "error", "access_key.a.b is a secret in plain text"),
        ("{access_key_sops: [{a: plain}]}", "flow-secret", "error", "access_key_sops.0.a is not encrypted yet"),
        (f"{{access_key_sops: ['{SEALED}']}}, {SOPS}", None, None, ""),
        ("{access_key: {a: <key>}}", "flow-placeholder", "note", "access_key.a is to be filled in"),
        ("{password: plain}", "flow-secret", "error", "credentials.password looks like a secret"),
        ("{access_key_sops: <access key>}", "flow-placeholder", "note", "access_key_sops is to be filled in"),
        ("{access_key: '${KEY}'}", "flow-variable", "error", "${KEY}"),
        ("{access_key: $GONG_KEY}", "flow-variable", "error", "the place of a variable"),
        ("{access_key: 12345}", "flow-secret", "error", "in plain text"),
        ("{access_key: ''}", None, None, ""),
    ],
)  # fmt: skip
def test_secrets(files, config, rule, severity, message):
    found = files.of(capture("ghcr.io/estuary/source-gong:v1", f"{{credentials: {config}}}"))
    assert [(each.rule, each.severity) for each in found] == ([(rule, severity)] if rule else [])
    assert message in "".join(each.message for each in found)
    assert "plain" not in "".join(each.message for each in found).replace("plain text", "")


def test_secrets_of_a_connector_that_nobody_knows_are_found_by_their_looks(files):
    config = "{user: u, api_key: k, clientSecret: s, note: '-----BEGIN PRIVATE KEY-----', monkey: m, tokens_per_day: 5}"
    found = only(files.of(capture("ghcr.io/acme/source-thing:v1", config)), "flow-secret")
    assert [each.message.split()[0] for each in found] == ["api_key", "clientSecret", "note"]
    assert {each.severity for each in found} == {"error"}


@pytest.mark.parametrize(
    "config",
    [
        "api-key: plain",
        "client-secret: plain",
        "API-Token: plain",
        "APIKey: plain",
        "Authorization: plain",
        "pwd: plain",
        "passphrase: plain",
        "db_pass: plain",
        "password: 123456789",
        "password: 0.5",
        "passwords: [plain]",
        "a: {passwords: [[plain]]}",
        "password: {value: plain}",
        "password_1: plain",
        "credentials_json: '{}'",
        "headers: [{name: X-Api-Key, value: plain}]",
        "headers: {h: 'Bearer plain123'}",
        "dsn: 'https://u:plain@h'",
        "dsn: 'postgres://:plain@h:5432/db'",
        "dsn: 'mongodb+srv://u:pl@in@h/db'",
        "dsn: 'https://plain@h'",
        "dsn: 'Server=h;Password=plain'",
        "dsn: 'host=h password=plain'",
        "address: 'https://h/x?token=plain'",
        "address: 'https://h/x?a=b&sig=plainplain'",
        "address: 'https://h/x#access_token=plain'",
        "password: 'ENC[plain]'",
    ],
)
@pytest.mark.parametrize(
    "image", ["ghcr.io/acme/source-thing:v1", "ghcr.io/estuary/materialize-webhook:v1"], ids=["unknown", "listed"]
)
def test_what_sounds_or_looks_secret_is_an_error(files, image, config):
    kind = "materializations" if "materialize" in image else "captures"
    text = capture(image, f"{{{config}}}").replace("captures", kind)
    (found,) = only(files.of(text), "flow-secret")
    assert (found.severity, found.line) == ("error", 6)
    assert "plain" not in f"{found.message}{found.hint}".replace("plain text", "")


@pytest.mark.parametrize(
    "config",
    [
        "token_url: https://h/oauth/token",
        "key_columns: [id]",
        "password_policy: strict",
        "password_hint: none",
        "primary_key: [id]",
        "author: me",
        "monkey: m",
        "compass: north",
        "keys: [id]",
        "max_tokens: 4096",
        "tokens: 5",
        "page_token: start",
        "public_key: abc",
        "access_key_id: AKIA",
        "secret_name: the/one",
        "credentials: service.json",
        "password: ''",
        "password:",
        "password: true",
        "password: {min_length: 8, mixed: true}",
        "token: {type: jwt}",
        "dsn: 'postgres://u@h:5432/db'",
        "dsn: 'https://h:8080/a@b'",
        "dsn: 'https://u:<password>@h'",
        "dsn: 'https://h/x?token=<token>&page=2'",
        "query: \"select id from t where password = 'x'\"",
        "title: Basic authentication",
    ],
)
def test_what_only_sounds_like_a_secret_is_none(files, config):
    text = capture("ghcr.io/acme/source-thing:v1", f"{{{config}}}")
    assert {each.rule for each in files.of(text)} == {"flow-unregistered"}


@pytest.mark.parametrize(
    ("config", "rule"),
    [
        ("password: <password>", "flow-placeholder"),
        ("password: '${PASSWORD}'", "flow-variable"),
        ("dsn: 'https://u:${PASSWORD}@h'", "flow-variable"),
        (f"password: '{SEALED}', {SOPS}", ""),
        (f"password_sops: '{SEALED}', {SOPS}", ""),
    ],
)
def test_what_stands_for_a_secret_is_none(files, config, rule):
    found = files.of(capture("ghcr.io/acme/source-thing:v1", f"{{{config}}}"))
    assert {each.rule for each in found} - {"flow-unregistered"} == ({rule} if rule else set())


@pytest.mark.parametrize(
    ("local", "lines"),
    [
        ("{command: [x], env: {API_TOKEN: hunter2, LOG: debug}, config: {}}", 1),
        ("{command: [x], env: {DATABASE_URL: 'postgres://u:hunter2@h/db'}, config: {}}", 1),
        ("{command: [x, --password, hunter2], config: {}}", 1),
        ("{command: [x, --api-key=hunter2, 'https://u:hunter2@h'], config: {}}", 2),
        ("{command: [x, --token-url, u, --token, --verbose, --password], config: {}}", 0),
        ("{command: [x], env: {GOOGLE_CREDENTIALS: /k.json}, config: {}}", 0),
        ("{command: [x, --token=<token>], env: {API_TOKEN: <token>, EMPTY_TOKEN: ''}, config: {}}", 0),
    ],
)  # fmt: skip
def test_secrets_of_a_local_command(files, local, lines):
    text = f"captures:\n  acmeCo/a:\n    endpoint:\n      local: {local}\n    bindings: []\n"
    found = only(files.of(text), "flow-secret")
    assert [(each.severity, each.line) for each in found] == [("error", 4)] * lines
    assert "hunter2" not in str(found)
    files.write(".gitignore", "flow.yaml\n")
    assert only(files.of(text), "flow-secret") == []


@pytest.mark.parametrize("name", ["config.yaml", "configs/config.json"])
def test_a_config_in_a_file_is_looked_at_there(files, name):
    files.write(name, '{"credentials": {"access_key": "plain"},\n "regin": "x"}\n')
    found = files.of(capture("ghcr.io/estuary/source-gong:v1", name))
    assert [(each.path, each.line, each.rule) for each in found] == [
        (name, 1, "flow-secret"), (name, 2, "flow-config"),
    ]  # fmt: skip
    assert "region" in found[1].hint


def test_a_config_whose_file_is_missing(files):
    (found,) = files.of(capture("ghcr.io/estuary/source-gong:v1", "config.yaml"))
    assert (found.rule, found.line) == ("flow-config", 6)
    assert "no file config.yaml" in found.message


def test_a_config_that_git_ignores_may_hold_secrets_until_it_is_published(files):
    files.write(".gitignore", "mine.yaml\n")
    files.write("mine.yaml", "credentials: {access_key: plain, access_key_secret: plain}\n")
    text = capture("ghcr.io/estuary/source-gong:v1", "mine.yaml")
    assert files.of(text) == []
    assert [each.rule for each in files.of(text, publish=True)][-2:] == ["flow-secret", "flow-secret"]
    files.write(".gitignore", "")
    assert [each.rule for each in files.of(text)] == ["flow-secret", "flow-secret"]


def test_a_whole_config_that_sops_encrypted(files):
    files.write("config.yaml", f"credentials:\n  access_key_sops: {SEALED}\n  access_key_secret: {SEALED}\n"
                "sops:\n  mac: ENC[a]\n  encrypted_suffix: _sops\n  gcp_kms: [{enc: abc, token: abc}]\n")  # fmt: skip
    found = files.of(capture("ghcr.io/estuary/source-gong:v1", "config.yaml"), publish=True)
    assert [each.message for each in found] == ["acmeCo/a/task binds nothing."]


def test_go_materializations_refuse_what_they_do_not_know(files):
    found = files.of(snowflake("          pasword: x\n          role: R\n"))
    assert [(each.severity, each.line, each.rule) for each in found] == [("error", 22, "flow-config")]
    found = files.of(snowflake(resource="{tabel: x, delta_updates: false}"))
    assert sorted(each.message for each in found) == [
        "materialize-snowflake knows no tabel in a binding's resource.",
        "materialize-snowflake needs table in a binding's resource.",
    ]


@pytest.mark.parametrize(
    ("frequency", "latency", "found"),
    [
        ("5m", 0, []),
        ("5m", 300, []),
        ("5m", 60, ["warning"]),
        ("7m", 0, ["error"]),
        ("4h", 300, ["warning"]),
        ("", 0, ["note"]),
        ("", 300, ["warning"]),
        ("", 3600, ["note"]),
    ],
)
def test_schedules(files, frequency, latency, found):
    text = snowflake().replace("{syncFrequency: 5m}", f"{{syncFrequency: {frequency}}}" if frequency else "{}")
    assert [each.severity for each in only(files.of(text, latency=latency), "flow-schedule")] == found


def test_delta_updates(files):
    found = files.of(snowflake(resource="{table: things, delta_updates: true}"))
    assert [(each.rule, each.severity, each.line) for each in found] == [("flow-delta", "warning", 22)]
    assert files.of(snowflake(resource="{table: things, delta_updates: false}")) == []


OBJECT = "{type: object, required: [id, a, f], properties: {id: {type: string}, o: {type: string}, f: {type: number}, "
OBJECT += "n: {type: [string, 'null']}, a: {type: object, properties: {b: {type: integer}, c: {type: array}}, "
OBJECT += "required: [c]}, d: {type: string, default: x}, r: {$ref: '#/$defs/r'}}, $defs: {r: {type: string}}}"


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("[/id]", ""),
        ("[/id, /o]", "/o of collection acmeCo/a/things is not required"),
        ("[/nope]", "/nope of collection acmeCo/a/things is nowhere in its schema"),
        ("[/a/nope]", "/a/nope of collection acmeCo/a/things is nowhere"),
        ("[/a/b]", "/a/b of collection acmeCo/a/things is not required"),
        ("[/a/c]", "may be of type array"),
        ("[/a]", "may be of type object"),
        ("[/f]", "may be of type number"),
        ("[/d]", ""),
        ("[/r]", "is not required"),
        ("[]", "has an empty key"),
        ("/id", ""),
    ],
)
def test_keys(files, key, message):
    found = only(files.of(collection(key, OBJECT)), "flow-key")
    assert len(found) == bool(message)
    assert message in "".join(each.message for each in found)


@pytest.mark.parametrize(
    ("schema", "bad"),
    [
        ("{allOf: [{type: object, required: [id]}, {properties: {id: {type: integer}}}]}", False),
        ("{oneOf: [{required: [id], properties: {id: {type: string}}}, {properties: {id: {type: string}}}]}", True),
        ("{oneOf: [{required: [id], properties: {id: {type: string}}},"
         " {required: [id], properties: {id: {const: 1}}}]}", False),
        ("{$ref: '#/$defs/doc', $defs: {doc: {required: [id], properties: {id: {enum: [a, b]}}}}}", False),
        ("{$ref: 'doc.yaml'}", False),
        ("{$ref: 'doc.yaml#/$defs/x'}", True),
        ("{$ref: 'https://example.test/doc.json'}", False),
        ("{$ref: 'doc.yaml#/nowhere'}", False),
        ("doc.yaml", False),
        ("{$ref: '#'}", True),
        ("{}", True),
        ("true", True),
    ],
)  # fmt: skip
def test_keys_through_what_a_schema_refers_to(files, schema, bad):
    files.write("doc.yaml", "required: [id]\nproperties: {id: {type: string}}\n$defs: {x: {type: object}}\n")
    found = files.of(collection("[/id]", schema))
    assert [each.rule for each in found if each.severity == "error"] == (["flow-key"] if bad else [])


def test_keys_of_a_read_schema(files):
    text = collection().replace("    schema: ", "    writeSchema: ")
    inferred = "    readSchema: {allOf: [{$ref: 'flow://write-schema'}, {$ref: 'flow://inferred-schema'}]}\n"
    assert only(files.of(text + inferred), "flow-key", "flow-schema", "flow-shape") == []
    assert [each.rule for each in files.of(text + "    readSchema: {type: object}\n") if each.severity == "error"] == [
        "flow-key"
    ]


def test_a_schema_that_is_none(files):
    found = only(files.of(collection(schema="{type: objct}")), "flow-schema")
    assert "not a JSON Schema" in found[0].message


def test_names_targets_and_sources(files):
    found = files.of(
        "captures:\n"
        "  acmeCo/a:\n"
        "    endpoint: {local: {command: [x], config: {}}}\n"
        "    bindings:\n"
        "      - {resource: {name: a}, target: acmeCo/a/thngs}\n"
        "  lonely:\n"
        "    endpoint: {local: {command: [x], config: {}}}\n"
        "    bindings: []\n"
        "collections:\n"
        "  acmeCo/a/things: {schema: {required: [id], properties: {id: {type: string}}}, key: [/id]}\n"
        "materializations:\n"
        "  acmeCo/m:\n"
        "    source: acmeCo/b\n"
        "    endpoint: {local: {command: [x], config: {}}}\n"
        "    bindings:\n"
        "      - {resource: {}, source: {name: acmeCo/a/thing, notBefore: 2026-01-01T00:00:00Z}}\n"
        "tests:\n"
        "  acmeCo/t:\n"
        "    - verify: {collection: acmeCo/a/other, documents: []}\n"
        "  acmeCo/u: {steps: [{ingest: {collection: acmeCo/a/things, documents: []}}]}\n"
    )
    assert [(each.line, each.rule) for each in found] == [
        (5, "flow-target"), (6, "flow-name"), (10, "flow-duplicate"), (10, "flow-unfilled"), (13, "flow-source"),
        (16, "flow-source"), (19, "flow-source"),
    ]  # fmt: skip
    assert "did you mean 'acmeCo/a/things'?" in found[0].hint
    assert "acmeCo/a/things lies below acmeCo/a" in found[2].message


def test_one_resource_bound_twice(files):
    found = files.of(
        capture("ghcr.io/estuary/source-gong:v1", "{credentials: <all>}",
                "[{resource: {name: calls, interval: PT5M}, target: a/b}, {resource: {name: calls}, target: a/c}]",
                "collections:\n  a/b: &c {schema: {required: [id], properties: {id: {type: string}}}, key: [/id]}\n"
                "  a/c: *c\n")
    )  # fmt: skip
    (twice,) = only(found, "flow-duplicate")
    assert "calls is bound twice: also in binding 1" in twice.message


def test_collections_that_nobody_reads(files):
    assert [each.line for each in only(files.of(collection()), "flow-unread")] == [6]
    declared = collection().replace("  acmeCo/a/things:\n", "  acmeCo/a/things:  # not materialized: only for search\n")
    assert only(files.of(declared), "flow-unread") == []
    assert only(files.of(collection().replace("things}]", "things, disable: true}]")), "flow-unread") == []
    derived = collection().partition("collections:")[2].replace("    schema", "    derive: {}\n    schema")
    assert only(files.of(f"collections:{derived}"), "flow-unfilled") == []


def test_what_is_in_another_file_of_the_repository_counts(files):
    task, _, rest = collection().partition("collections:")
    files.write("deep/c.flow.yaml", f"collections:{rest}")
    files.write("deep/t.flow.yaml", f"import: [c.flow.yaml]\n{task}")
    assert only(files.lint("deep/c.flow.yaml"), "flow-unfilled") == []
    assert only(files.lint("deep/t.flow.yaml"), "flow-target") == []
    files.write("deep/t.flow.yaml", task)
    (found,) = only(files.lint("deep/t.flow.yaml"), "flow-target")
    assert found.hint == "deep/c.flow.yaml defines it: import that file"


@pytest.mark.parametrize(
    ("wanted", "severity", "message", "hint"),
    [
        ("missing.flow.yaml", "error", "no file missing.flow.yaml", ""),
        ("folder", "error", "folder is a folder", "folder/x.flow.yaml"),
        ("flow.yaml", "warning", "in a circle: flow.yaml imports flow.yaml", ""),
        ("folder/back.flow.yaml", "warning", "flow.yaml imports folder/back.flow.yaml imports flow.yaml", ""),
        ("https://example.test/flow.yaml", "note", "not looked into", ""),
        ("../outside.flow.yaml", "error", "no file ../outside.flow.yaml", ""),
    ],
)
def test_imports(files, wanted, severity, message, hint):
    files.write("folder/x.flow.yaml", "collections: {}\n")
    files.write("folder/back.flow.yaml", "import:\n  - ../flow.yaml\n")
    (found,) = files.of(f"import:\n  - {wanted}\n")
    assert (found.rule, found.severity, found.line) == ("flow-import", severity, 2)
    assert message in found.message
    assert hint in found.hint


HUNTED = [
    ("import: ['https://u:hunter2@h/x.yaml']", "flow-import"),
    ("import: ['https://h.test/hunter2?token=hunter2']", "flow-import"),
    ("import: ['https://u:p/hunter2@h/x']", "flow-import"),
    ("import: ['hunter2:x']", "flow-import"),
    ("import: ['a/b?token=hunter2']", "flow-import"),
    (capture(config="hunter2"), "flow-config"),
    (capture(config="'https://u:hunter2@h/x.yaml'"), "flow-config"),
    (capture(config="'https://h/x.yaml?sig=hunter2'"), "flow-config"),
    (capture(config="'hunter2:x'"), "flow-config"),
    (capture(config="$HUNTER2"), "flow-variable"),
    (capture(config="{a: $HUNTER2}"), "flow-variable"),
    (capture(config="{a: '${hunter2}'}"), "flow-variable"),
    (collection(schema="'https://u:hunter2@h/x.json'"), "flow-schema"),
    (collection(schema="'s.json?token=hunter2'"), "flow-schema"),
    (collection(schema="'there.yaml#/a?hunter2'"), "flow-schema"),
    (capture("ghcr.io/estuary/source-gong:v1?token=hunter2"), "flow-image"),
    (capture("u:hunter2@ghcr.io/estuary/source-gong:v1"), "flow-image"),
    (capture("https://u:hunter2@ghcr.io/estuary/source-gong:v1"), "flow-image"),
    (capture("<hunter2>"), "flow-placeholder"),
    (capture(bindings="[{resource: {}, target: 'https://u:hunter2@h'}]"), "flow-target"),
    (capture(config="{password: *hunter2}"), "flow-yaml"),
    (capture(config="{password: !hunter2 x}"), ""),
    (capture(config="{password: !<hunter2 x}"), "flow-yaml"),
    (capture(config="{password: !!int hunter2}"), ""),
    (capture(config="{password: !!timestamp hunter2}"), ""),
    (capture(config="{password: !!float hunter2}"), ""),
    (capture(config="{password: !hunter!x y}"), "flow-yaml"),
    (capture(config="{password: '%hunter2"), "flow-yaml"),
    (capture(config="{password: &hunter2"), "flow-yaml"),
    (capture(config="{password: @hunter2}"), "flow-yaml"),
    ("%hunter2 x\n---\na: b\n", ""),
]


@pytest.mark.parametrize(("text", "rule"), HUNTED)
def test_no_finding_shows_what_may_be_a_secret(files, text, rule):
    files.write("there.yaml", "{}")
    found = files.of(text, publish=True)
    assert not rule or rule in {each.rule for each in found}
    assert "hunter" not in str(found).lower()


def test_a_config_is_looked_at_though_its_image_has_more_in_it_than_a_name(files):
    found = files.of(capture("https://ghcr.io/estuary/source-gong:v1", "{credentials: {access_key: plain}}"))
    assert [each.rule for each in found] == ["flow-image", "flow-secret"]
    assert found[0].hint == "write ghcr.io/estuary/source-gong:v1"


def test_findings_in_imported_files_name_their_own_file_and_line(files):
    files.write("a/collections.flow.yaml", "\n\ncollections:\n  acmeCo/a/things:\n    schema: {}\n")
    files.write("b/broken.flow.yaml", "collections: [\n")
    found = files.of("import: [a/collections.flow.yaml, b/broken.flow.yaml]\n")
    assert [(each.place, each.rule) for each in found] == [
        ("a/collections.flow.yaml:4:3", "flow-key"),
        ("a/collections.flow.yaml:4:3", "flow-unfilled"),
        ("b/broken.flow.yaml:2", "flow-yaml"),
    ]


def test_a_name_in_two_files(files):
    other = "collections:\n  a/b: {schema: {required: [id], properties: {id: {const: 1}}}, key: [/id]}\n"
    files.write("other.flow.yaml", other)
    (found,) = only(files.of("import: [other.flow.yaml]\n" + other), "flow-duplicate")
    assert found.place == "other.flow.yaml:2:3"
    assert "also in collections, in flow.yaml" in found.message


def test_every_rule_that_is_told_is_listed(files):
    rules = {each.rule for each in files.of(capture("x:latest", "{a: '${B}'}", "[{target: a/b, resource: {}}]"))}
    assert rules <= set(RULES)
    assert len(rules) >= 3


def test_what_another_file_of_the_repository_imports_counts(files):
    task, _, rest = collection().partition("collections:")
    files.write("deep/c.flow.yaml", f"collections:{rest}")
    files.write("deep/parts/t.yaml", task)
    files.write("deep/t.flow.yaml", "import: [parts/t.yaml, c.flow.yaml]\n")
    assert only(files.lint("deep/c.flow.yaml"), "flow-unfilled") == []
