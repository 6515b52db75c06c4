//! Every function of the language.
