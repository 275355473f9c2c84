//! How people log in.

use crate::rules;

rules! { "users":
    no_bootstrap_tokens,
    no_client_certificates,
    no_service_account_tokens,
}
