//! Tests of the whole road, in and out.
