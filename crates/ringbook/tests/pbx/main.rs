//! What PBXs and desk phones are answered. The answers are read as the sources of each PBX read them
//! (`decode`), and the requests are those that real ones sent (`recorded`).

mod answers;
mod decode;
mod phonebooks;
mod properties;
mod recorded;
mod switchboard;
