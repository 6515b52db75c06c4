//! Cluster measures: definitions, location quotients, strength, overlap.
