//! Which industries form a cluster: scores, candidates, and the final set (Delgado, Porter and Stern 2016).
