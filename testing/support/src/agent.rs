//! Phones that are edited again and again, so that it can be told what was lost.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use super::caller::{Caller, DONE, Edit};
use super::client::Reply;
use super::home::{Home, Row};
use super::random::Random;

/// Longer than any edit takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// The skills that agents have, each state another set.
pub const SKILLS: [&str; 3] = ["General", "QA", "Sales"];

/// A phone that goes from one state to the next. Every state has a number, a name and skills that
/// no other state has, so that what is found is told to be whole.
#[derive(Debug)]
pub struct Agent {
    id: usize,
    /// The state that was acknowledged last.
    acknowledged: usize,
    /// The state that was asked for last.
    asked: usize,
}

impl Agent {
    /// Makes an account with agents in it, and returns them and its key.
    pub fn fleet(home: &Home, user_name: &str, count: usize) -> (Vec<Self>, String) {
        let key = home.account(user_name, &[]);
        home.skills(user_name, &SKILLS);
        let agents: Vec<_> = (0..count).map(|id| Self { id, acknowledged: 0, asked: 0 }).collect();
        let rows = agents.iter().map(|agent| {
            let Row { number, name, skills } = agent.state(0);
            format!("{number},{name},\"{}\"", skills.join(","))
        });
        home.write_csv("fleet.csv", rows);
        home.ok(&["phone", "import", "--account", user_name, "fleet.csv"]);
        (agents, key)
    }

    fn state(&self, number: usize) -> Row {
        let held = SKILLS.iter().enumerate().filter(|(bit, _)| (number + self.id) >> bit & 1 == 1);
        Row {
            number: format!("+{:03}{number:09}", self.id),
            name: format!("Agent-{}.{number}", self.id),
            skills: held.map(|(_, skill)| (*skill).to_owned()).collect(),
        }
    }

    /// The state that was acknowledged last.
    pub fn now(&self) -> Row {
        self.state(self.acknowledged)
    }

    /// Asks for the next state.
    pub fn edit(&mut self, caller: &mut Caller) -> io::Result<Reply> {
        let (from, to) = (self.state(self.acknowledged), self.state(self.acknowledged + 1));
        self.asked = self.acknowledged + 1;
        let reply = caller.edit(&Edit {
            from: (&from.number, &from.name),
            to: (&to.number, &to.name),
            unassign: &SKILLS.join(","),
            assign: &to.skills.join(","),
        })?;
        if reply.body == DONE {
            self.acknowledged = self.asked;
        }
        Ok(reply)
    }

    /// What is found is the state that was acknowledged last, or the one that was asked for and
    /// never answered: whole, and from now on the one to go on from. Whether it is the latter.
    #[track_caller]
    fn settle(&mut self, found: &Row) -> bool {
        let Self { acknowledged, asked, .. } = *self;
        let state = [acknowledged, asked].into_iter().find(|number| self.state(*number) == *found);
        let state = state.unwrap_or_else(|| {
            panic!("{found:?} is neither acknowledged {acknowledged} nor asked for {asked}")
        });
        (self.acknowledged, self.asked) = (state, state);
        state != acknowledged
    }

    /// Finds every agent, and nobody else. How many edits are there that were never answered.
    #[track_caller]
    pub fn settle_all(agents: &mut [Self], found: &[Row]) -> usize {
        let mut by_id: BTreeMap<_, _> =
            found.iter().map(|row| (row.number[1..4].to_owned(), row)).collect();
        assert_eq!(found.len(), agents.len());
        let unanswered = agents.iter_mut().filter_map(|agent| {
            let found = by_id.remove(&format!("{:03}", agent.id));
            agent.settle(found.unwrap_or_else(|| panic!("{agent:?} is gone"))).then_some(())
        });
        unanswered.count()
    }

    /// What is found is what was acknowledged, and nothing that was only asked for.
    #[track_caller]
    pub fn assert_acknowledged(agents: &[Self], found: &[Row]) {
        let expected: Vec<_> = agents.iter().map(Self::now).collect();
        assert_eq!(found, expected);
    }

    /// Every phone that is found is in one of its states, whichever.
    #[track_caller]
    pub fn assert_whole(found: &[Row]) {
        for row in found {
            let (id, state) = row.number[1..].split_at(3);
            let agent = Self { id: id.parse().unwrap(), acknowledged: 0, asked: 0 };
            assert_eq!(*row, agent.state(state.parse().unwrap()));
        }
    }

    /// Has `callers` edit agents by chance until the server is gone, which `meanwhile` sees to. It
    /// receives an item for each edit that was acknowledged.
    pub fn edit_until_gone<T>(
        agents: &mut [Self],
        callers: usize,
        (address, user_name, api_key): (SocketAddr, &str, &str),
        random: &mut Random,
        meanwhile: impl FnOnce(&Receiver<()>) -> T,
    ) -> T {
        thread::scope(|scope| {
            let (acknowledged, edits) = channel();
            for agents in agents.chunks_mut(agents.len() / callers) {
                let (mut random, acknowledged) = (random.split(), acknowledged.clone());
                let Ok(mut caller) = Caller::connect(address, user_name, api_key) else { break };
                scope.spawn(move || {
                    loop {
                        let agent = &mut agents[random.below(agents.len())];
                        let Ok(reply) = agent.edit(&mut caller) else { return };
                        assert_eq!(reply.body, DONE, "{agent:?}");
                        if acknowledged.send(()).is_err() {
                            return;
                        }
                    }
                });
            }
            meanwhile(&edits)
        })
    }
}

/// Waits for edits to be acknowledged.
#[track_caller]
pub fn wait_for_edits(edits: &Receiver<()>, count: usize) {
    for _ in 0..count {
        edits.recv_timeout(PATIENCE).expect("edits are acknowledged");
    }
}
