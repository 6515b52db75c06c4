//! Study to plan: expand the axes, order the steps, lock the result.
