//! Session keys as network servers hand them over, in clear or wrapped.

use data_encoding::HEXLOWER_PERMISSIVE;
use serde::Deserialize;

/// A key on its way: `"0F…"` or `{"kekLabel": "…", "aesKey": "…"}`. It is never shown.
#[derive(Clone, Deserialize, utoipa::ToSchema)]
#[serde(transparent)]
pub struct HandedKey(Envelope);

#[derive(Clone, Deserialize, utoipa::ToSchema)]
#[serde(untagged)]
#[schema(as = HandedKeyForm)]
enum Envelope {
    Clear(String),
    Wrapped(KeyEnvelope),
}

/// A wrapped key. Without a label it is in clear.
#[derive(Clone, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct KeyEnvelope {
    #[serde(default)]
    kek_label: String,
    aes_key: String,
}

// A derived one would show the keys.
impl std::fmt::Debug for HandedKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("HandedKey(secret)")
    }
}

impl HandedKey {
    /// A key that is wrapped with the KEK of a label, or in clear where the label is empty.
    #[must_use]
    pub fn new(kek_label: &str, key: &[u8]) -> Self {
        let (kek_label, aes_key) = (kek_label.to_owned(), HEXLOWER_PERMISSIVE.encode(key));
        Self(Envelope::Wrapped(KeyEnvelope { kek_label, aes_key }))
    }

    /// The label of the KEK that the key is wrapped with; empty where the key is in clear.
    #[must_use]
    pub fn kek_label(&self) -> &str {
        match &self.0 {
            Envelope::Clear(_) => "",
            Envelope::Wrapped(envelope) => &envelope.kek_label,
        }
    }

    /// The digits of the key, wrapped or in clear, as they came.
    #[must_use]
    pub fn reveal_digits(&self) -> &str {
        match &self.0 {
            Envelope::Clear(digits) => digits,
            Envelope::Wrapped(envelope) => &envelope.aes_key,
        }
    }
}
