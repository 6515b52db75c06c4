//! The same number by two routes.

mod draw;
mod errors;
mod instruments;
mod property;
mod routes;
mod row_order;
mod same_bits;
mod shift_share;
