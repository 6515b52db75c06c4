//! What the language accepts, what it means, and what it says about everything else.

mod expansion;
mod expressions;
mod faults;
mod formulas;
mod properties;
