//! One bad study or one bad file per fault: what is said, the exit code, and that nothing is left in the output folder.

mod absorption;
mod choices;
mod clubs;
mod columns;
mod count_models;
mod data;
mod errors;
mod files;
mod geography;
mod inference;
mod instruments;
mod mapping;
mod model;
mod panel;
mod places;
mod resampling;
mod sample;
mod sensitivity;
mod shapefiles;
mod shift_share;
mod spatial;
mod study;
mod systems;
