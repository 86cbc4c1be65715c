// SPDX-License-Identifier: Apache-2.0
//! Campaigns: many scenarios, with results that outlive whatever happens to the program.

pub mod bucket;
pub mod history;
pub mod html;
pub mod junit;
pub mod limits;
pub mod plot;
pub mod results;
pub mod revision;
pub mod shrink;
pub mod summary;
pub mod table;

pub use results::{Header, Outcome, Results};
pub use summary::Summary;
