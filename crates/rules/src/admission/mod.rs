//! What is asked about objects before they are stored.

use crate::rules;

rules! { "admission":
    image_provenance,
}
