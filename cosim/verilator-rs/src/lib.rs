//! Runtime binding.
