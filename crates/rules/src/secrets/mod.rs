//! Secrets that let somebody in, by their metadata: what is in them is never asked for.

use crate::rules;

rules! { "secrets":
    bootstrap_token_expiry,
    legacy_sa_tokens,
}
