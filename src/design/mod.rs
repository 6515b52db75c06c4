//! From evaluated variables to the estimation sample and its matrices.
