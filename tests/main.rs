//! Every integration test is a module of this one binary: linking is the dear part of a test build.
