//! The same number by two routes.

mod draw;
mod instruments;
mod property;
mod routes;
mod same_bits;
mod sensitivity;
mod shift_share;
