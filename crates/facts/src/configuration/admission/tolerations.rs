//! What PodTolerationRestriction is told: tolerations that pods of every namespace get, and those that they may have.
//!
//! The plugin decodes it leniently and holds each toleration to what a pod may have (kubernetes
//! plugin/pkg/admission/podtolerationrestriction, `ValidateConfiguration`, and pkg/apis/core/validation,
//! `ValidateTolerations`; the same in 1.20 and 1.36).

use yaml::Cursor;

use super::super::decode::{Decoder, FROM_THE_START, Format, Placed, Version, nearest, shown};
use crate::request::{is_label_key, is_label_value};

pub(super) const FORMAT: Format = Format {
    name: "Configuration",
    versions: &[Version::new("podtolerationrestriction.admission.k8s.io/v1alpha1", "Configuration", 7)],
    strict: None,
    kind_is_known: false,
    version_is_known: false,
    codec: FROM_THE_START,
};

pub(super) fn check(root: &Cursor<'_>, decoder: &mut Decoder<'_>) {
    decoder.fields(root, &["apiVersion", "kind", "default", "whitelist"]);
    for list in ["default", "whitelist"] {
        for toleration in decoder.list(root, list) {
            one(&toleration, decoder);
        }
    }
}

fn one(toleration: &Cursor<'_>, decoder: &mut Decoder<'_>) {
    if !decoder.fields(toleration, &["key", "operator", "value", "effect", "tolerationSeconds"]) {
        return;
    }
    let [key, operator, value, effect] =
        ["key", "operator", "value", "effect"].map(|field| decoder.string(toleration, field));
    let seconds = decoder.integer(toleration, "tolerationSeconds", 64);
    let text = |field: &Option<Placed<String>>| field.as_ref().map(|field| field.value.clone()).unwrap_or_default();
    if let Some(key) = key.as_ref().filter(|key| !key.value.is_empty() && !is_label_key(&key.value)) {
        decoder.refuse_placed(&key.at, format!("`{}` is no key of a taint", shown(&key.value)));
    }
    if text(&key).is_empty() && text(&operator) != "Exists" {
        decoder.lacks(
            toleration,
            "`operator: Exists`, or a `key`",
            "a toleration of every key has the operator Exists",
        );
    }
    if let Some(seconds) = seconds.filter(|_| text(&effect) != "NoExecute") {
        decoder.refuse_placed(&seconds.at, "`tolerationSeconds` goes with `effect: NoExecute` alone");
    }
    match text(&operator).as_str() {
        "" | "Equal" => {
            if let Some(value) = value.filter(|value| !is_label_value(&value.value)) {
                decoder.refuse_placed(&value.at, format!("`{}` is no value of a taint", shown(&value.value)));
            }
        }
        "Exists" => {
            if let Some(value) = value.filter(|value| !value.value.is_empty()) {
                decoder.refuse_placed(&value.at, "with the operator Exists there is no `value`");
            }
        }
        other => {
            let near = nearest(other, ["Equal", "Exists"].into_iter()).map(|near| format!("; perhaps `{near}`"));
            let message = format!("`{}` is no operator here{}", shown(other), near.unwrap_or_default());
            decoder.refuse_placed(&decoder.place(toleration, "operator"), message);
        }
    }
    if let Some(effect) =
        effect.filter(|effect| !matches!(effect.as_str(), "" | "NoSchedule" | "PreferNoSchedule" | "NoExecute"))
    {
        decoder.refuse_placed(&effect.at, format!("`{}` is no effect of a taint", shown(&effect.value)));
    }
}
