//! The JSON schema of `gnp.toml`, for editors: made from the description that checking goes by.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::shape::{Key, Kind, Need, POLICY, Shape, Table};

/// The schema (draft 7, which every editor's TOML support reads).
pub fn schema() -> Value {
    let mut schema = table(&POLICY);
    let head = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "gnp.toml",
        "description": "The policy of gnp-lint: what may be done in a repository that many writers share.",
    });
    if let (Value::Object(schema), Value::Object(head)) = (&mut schema, head) {
        schema.extend(head);
    }
    schema
}

fn table(table: &Table) -> Value {
    let properties: Map<String, Value> = table.keys.iter().map(|key| (key.name.to_owned(), property(key))).collect();
    let mut schema = json!({ "type": "object", "additionalProperties": false, "properties": properties });
    let required: Vec<&str> = table.keys.iter().filter(|key| key.need == Need::Required).map(|key| key.name).collect();
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    if !table.some_of.is_empty() {
        schema["anyOf"] = table.some_of.iter().map(|name| json!({ "required": [name] })).collect();
        for name in table.some_of {
            let minimum = match schema["properties"][name]["type"].as_str() {
                Some("array") => "minItems",
                Some("object") => "minProperties",
                _ => continue,
            };
            schema["properties"][name][minimum] = json!(1);
        }
    }
    schema
}

fn property(key: &Key) -> Value {
    let mut schema = shape(&key.shape);
    schema["description"] = json!(key.about);
    schema
}

fn shape(shape: &Shape) -> Value {
    match shape {
        Shape::Text(kind) => text(*kind),
        Shape::Word(words) => json!({ "enum": words }),
        Shape::Flag => json!({ "type": "boolean" }),
        Shape::Whole { least, most: i64::MAX } => json!({ "type": "integer", "minimum": least }),
        Shape::Whole { least, most } => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Shape::VersionOrFalse => json!({ "anyOf": [text(Kind::Version), { "const": false }] }),
        Shape::List(item) => json!({ "type": "array", "items": self::shape(item) }),
        Shape::Table(keys) => table(keys),
        Shape::Kinds(tables) => json!({ "oneOf": tables.iter().map(table).collect::<Vec<_>>() }),
        Shape::Map { keys, values } => {
            json!({ "type": "object", "propertyNames": text(*keys), "additionalProperties": self::shape(values) })
        }
        Shape::WordOrTable(words, keys) => json!({ "anyOf": [{ "enum": words }, table(keys)] }),
    }
}

fn text(kind: Kind) -> Value {
    let pattern = match kind {
        // Sorted, so that a rule that comes to be does not move.
        Kind::Rule => return json!({ "type": "string", "enum": crate::rules::names().collect::<BTreeSet<_>>() }),
        Kind::Pointer => r"^/([^~]|~[01])*$",
        Kind::Percent => r"^0*([1-9][0-9]?|100)%$",
        Kind::Duration => r"^0*[1-9][0-9]*[smhd]$",
        Kind::Version => r"^[0-9]+(\.[0-9]+)?$",
        Kind::Glob | Kind::Path => r"^(?!\.?/)(.*[^/])$",
        Kind::Variable => "^[^=]+$",
        Kind::Words | Kind::Branch | Kind::Mail | Kind::DiskPath | Kind::Regex | Kind::Requirement => r"\S",
    };
    json!({ "type": "string", "pattern": pattern })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_the_one_this_version_makes() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/rules/policy.schema.json");
        let fresh = format!("{:#}\n", schema());
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(path, &fresh).unwrap();
        }
        let kept = std::fs::read_to_string(path).unwrap_or_default();
        assert!(kept == fresh, "`rules/policy.schema.json` is not what this version makes: run `UPDATE=1 cargo test schema`");
    }
}
