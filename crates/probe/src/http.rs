//! What an endpoint answers over HTTP to a stranger.

use crate::{Dialer, Endpoint, Sight};

/// How it answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Http {}

/// Asks what anybody may ask.
pub(crate) async fn look(_: &Endpoint, _: &mut Dialer) -> Sight<Http> {
    Sight::NotOffered
}
