//! JSON Schemas of the wire format, made from the types that are written.

use schemars::{Schema, generate::SchemaSettings, transform::Transform};
use serde_json::Value;

use crate::wire;

/// The outputs that have a schema.
pub fn schemas() -> [&'static str; 10] {
    ["report", "jsonl", "effective", "cve", "diff", "settings", "simulate", "probe", "exchanges", "certs"]
}

/// The JSON Schema (draft 2020-12) of an output; `None` for a name that is not in [`schemas`].
pub fn schema(name: &str) -> Option<String> {
    let settings = SchemaSettings::draft2020_12().for_serialize().with_transform(AllKeys);
    let generator = settings.into_generator();
    let schema = match name {
        "report" => generator.into_root_schema_for::<wire::Report>(),
        "jsonl" => generator.into_root_schema_for::<wire::Line>(),
        "cve" => generator.into_root_schema_for::<wire::Cve>(),
        "diff" => generator.into_root_schema_for::<wire::Diff>(),
        "effective" => generator.into_root_schema_for::<wire::Effective>(),
        "settings" => generator.into_root_schema_for::<wire::Settings>(),
        "simulate" => generator.into_root_schema_for::<wire::Simulation>(),
        "certs" => generator.into_root_schema_for::<wire::Certs>(),
        "probe" => generator.into_root_schema_for::<wire::Probe>(),
        "exchanges" => generator.into_root_schema_for::<wire::Exchanges>(),
        _ => return None,
    };
    serde_json::to_string_pretty(&schema).ok().map(|text| text + "\n")
}

/// Every key is always present, also those that may be `null`.
#[derive(Clone)]
struct AllKeys;

impl Transform for AllKeys {
    fn transform(&mut self, schema: &mut Schema) {
        let names: Option<Vec<Value>> = schema
            .get("properties")
            .and_then(Value::as_object)
            .map(|properties| properties.keys().map(|name| Value::from(name.as_str())).collect());
        if let Some(names) = names {
            schema.insert("required".to_owned(), Value::Array(names));
        }
        schemars::transform::transform_subschemas(self, schema);
    }
}
