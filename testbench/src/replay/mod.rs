// SPDX-License-Identifier: Apache-2.0
//! Replays a golden pack on any [`Target`](crate::board::Target).

mod adapt;
mod case_result;
mod identify;
mod log;
mod mismatch;
mod model_state;
mod player;
mod registers;
mod step_line;

pub use adapt::{Form, adapt};
pub use case_result::{CaseResult, Outcome};
pub use identify::{identify, is_dead};
pub use log::Log;
pub use mismatch::Mismatch;
pub use model_state::{ModelState, StateRegister};
pub use player::Player;
pub use registers::register_name;
pub use step_line::StepLine;
