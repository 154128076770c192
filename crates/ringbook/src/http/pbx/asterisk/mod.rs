//! Asterisk: `CURL()` in a dialplan (`dial`), and queues by `res_config_curl` (`queue`, `pause`). All is
//! plain text with a `Content-Length`: a cut body would be taken for rows, and an empty one is read
//! beyond its end where a number is wanted.

mod dial;
mod pause;
mod queue;

pub use dial::DIAL;
pub use pause::update;
pub use queue::{MEMBERS, QUEUE, QUEUES, REQUIRE};

use super::prelude::Form;

const FORM: Form = Form { content_type: "text/plain", failed: "" };
/// Where Asterisk wants a number.
const ROWS: Form = Form { failed: "-1\n", ..FORM };
