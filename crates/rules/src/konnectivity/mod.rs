//! The tunnel through which the API server reaches nodes.

use crate::rules;

rules! { "konnectivity":
    agent_exposure,
    mutual_tls,
}
