//! The same number by two routes.

mod choices;
mod count_models;
mod draw;
mod dynamic_corrected;
mod errors;
mod inference;
mod instruments;
mod likelihood;
mod measurement;
mod panel;
mod panel_diagnostics;
mod panel_estimators;
mod periods;
mod property;
mod randomisation;
mod routes;
mod row_order;
mod same_bits;
mod sensitivity;
mod separation;
mod shift_share;
mod spatial_moments;
mod spatial_random_effects;
mod spatial_recovery;
mod systems;
mod wild;
