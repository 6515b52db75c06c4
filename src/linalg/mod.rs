//! Small dense algebra and sums in a fixed order.
