//! State files: what collections they hold and what a change did to them.
