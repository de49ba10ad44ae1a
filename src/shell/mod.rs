//! temp
#[derive(Clone, Copy)]
pub enum Dialect {
    Bash,
}
pub struct Script;
impl Dialect {
    pub fn of(_: &str, _: &[u8]) -> Option<Self> {
        None
    }
    pub fn is_analysed(self) -> bool {
        true
    }
}
impl Script {
    pub fn parse(_: &str, _: &[u8], _: crate::policy::Targets) -> Self {
        Script
    }
}
impl std::fmt::Debug for Script {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("")
    }
}
