//! The bash features that the grammar shows; the table of facts says since when each works.

/// A bash feature that is told from the syntax.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Feature {
    /// `${a[-1]}`
    NegativeSubscript,
    /// `a[-1]=x`
    NegativeSubscriptAssigned,
    /// `${v^^}`, `${v,}` …
    CaseChange,
    /// `${v@Q}`, `@E`, `@P`, `@A`, `@a`
    Transformation,
    /// `${v@U}`, `@u`, `@L`, `@K`
    CaseTransformation,
    /// `${a[@]@k}`
    PairsTransformation,
    /// `${v:0:-1}`
    NegativeLength,
    /// `"${@:0}"`
    SliceFromZero,
    /// `"${v//a/"b"}"`
    QuotedReplacement,
    /// `${v/a/~}`
    TildeReplacement,
    /// `${v//a/[&]}`
    AmpersandReplacement,
    /// `a |& b`
    PipeBoth,
    /// `a &>> f`
    AppendBoth,
    /// `coproc`
    Coprocess,
    /// `;&`
    CaseFallThrough,
    /// `;;&`
    CaseContinue,
    /// `{01..10}`
    PaddedRange,
    /// `{1..10..2}`
    SteppedRange,
    /// `exec {fd}>f`
    DescriptorVariable,
    /// `$'\u00e9'`
    UnicodeEscape,
    /// `[ -v x ]`
    VariableTest,
    /// `[[ -v x ]]`
    VariableTestKeyword,
    /// `[[ -v a[1] ]]`
    ElementTestKeyword,
    /// `[[ -R x ]]`
    ReferenceTestKeyword,
    /// `[[ x == @(a|b) ]]` without `shopt -s extglob` before
    ExtendedPattern,
    /// `<<< $v`
    UnquotedHereString,
    /// An odd quote or a lone `)` in a here-document inside `$( )`
    QuoteInSubstitutedHereDocument,
    /// `$(case a in a) …)`
    CaseInSubstitution,
    /// `${ cmd; }`
    FunctionSubstitution,
    /// `${| REPLY=x; }`
    ValueSubstitution,
    /// `source <(…)`
    SourcedProcess,
    /// `<(…)` after `set -o posix`
    ProcessInPosixMode,
    /// `x=${a[*]}` with IFS set
    JoinedAssignment,
    /// `! !`
    DoubleNegation,
    /// `$BASHPID`
    BashPid,
    /// `$EPOCHSECONDS`
    EpochSeconds,
    /// `$EPOCHREALTIME`
    EpochRealtime,
    /// `$SRANDOM`
    Srandom,
    /// `BASH_ARGV0=`
    BashArgv0,
    /// `BASH_XTRACEFD=`
    BashXtraceFd,
    /// `$BASH_MONOSECONDS`
    BashMonoSeconds,
    /// `${BASH_ALIASES[x]}`
    BashAliases,
    /// `${BASH_CMDS[x]}`
    BashCmds,
    /// `GLOBSORT=`
    GlobSort,
    /// `FUNCNEST=`
    FuncNest,
    /// `PROMPT_DIRTRIM=`
    PromptDirTrim,
    /// `PS0=`
    Ps0,
    /// `EXECIGNORE=`
    ExecIgnore,
    /// `a=(…)`, `a[0]=x`
    Array,
    /// `${a[0]}`, `${#a[@]}` and their like
    ArrayExpansion,
    /// `[[ … ]]`
    TestKeyword,
    /// `(( … ))`
    ArithmeticCommand,
    /// `v+=x`
    AppendAssignment,
    /// `<<< word`
    HereString,
    /// `<(…)`, `>(…)`
    ProcessSubstitution,
    /// `function f`
    FunctionKeyword,
    /// `f-g() { …; }`
    FunctionName,
    /// `&> f`, `>& f`
    BothToFile,
    /// `$'…'`, `$"…"`
    DollarQuote,
    /// `${v:0:1}`
    Substring,
    /// `${v/a/b}`
    Replacement,
    /// `${!v}`, `${!prefix@}`
    Indirection,
    /// `{1..10}`, `{a..e}`
    PlainRange,
    /// `{1..$n}`
    VariableRange,
    /// `{a,b}`
    BraceList,
    /// `for ((…))`
    ArithmeticFor,
    /// `select`
    Select,
    /// `$((a ** b))`
    Power,
    /// `$((i++))`
    Increment,
    /// `$(< f)`
    FileSubstitution,
    /// `$RANDOM`
    Random,
}

impl Feature {
    /// The variable that it is; a script may set it itself where the shell does not.
    pub fn variable(self) -> Option<&'static str> {
        Some(match self {
            Self::BashPid => "BASHPID",
            Self::EpochSeconds => "EPOCHSECONDS",
            Self::EpochRealtime => "EPOCHREALTIME",
            Self::Srandom => "SRANDOM",
            Self::BashMonoSeconds => "BASH_MONOSECONDS",
            Self::Random => "RANDOM",
            _ => return None,
        })
    }

    /// Every one.
    pub const ALL: [Self; 71] = [
        Self::NegativeSubscript,
        Self::NegativeSubscriptAssigned,
        Self::CaseChange,
        Self::Transformation,
        Self::CaseTransformation,
        Self::PairsTransformation,
        Self::NegativeLength,
        Self::SliceFromZero,
        Self::QuotedReplacement,
        Self::TildeReplacement,
        Self::AmpersandReplacement,
        Self::PipeBoth,
        Self::AppendBoth,
        Self::Coprocess,
        Self::CaseFallThrough,
        Self::CaseContinue,
        Self::PaddedRange,
        Self::SteppedRange,
        Self::DescriptorVariable,
        Self::UnicodeEscape,
        Self::VariableTest,
        Self::VariableTestKeyword,
        Self::ElementTestKeyword,
        Self::ReferenceTestKeyword,
        Self::ExtendedPattern,
        Self::UnquotedHereString,
        Self::QuoteInSubstitutedHereDocument,
        Self::CaseInSubstitution,
        Self::FunctionSubstitution,
        Self::ValueSubstitution,
        Self::SourcedProcess,
        Self::ProcessInPosixMode,
        Self::JoinedAssignment,
        Self::DoubleNegation,
        Self::BashPid,
        Self::EpochSeconds,
        Self::EpochRealtime,
        Self::Srandom,
        Self::BashArgv0,
        Self::BashXtraceFd,
        Self::BashMonoSeconds,
        Self::BashAliases,
        Self::BashCmds,
        Self::GlobSort,
        Self::FuncNest,
        Self::PromptDirTrim,
        Self::Ps0,
        Self::ExecIgnore,
        Self::Array,
        Self::ArrayExpansion,
        Self::TestKeyword,
        Self::ArithmeticCommand,
        Self::AppendAssignment,
        Self::HereString,
        Self::ProcessSubstitution,
        Self::FunctionKeyword,
        Self::FunctionName,
        Self::BothToFile,
        Self::DollarQuote,
        Self::Substring,
        Self::Replacement,
        Self::Indirection,
        Self::PlainRange,
        Self::VariableRange,
        Self::BraceList,
        Self::ArithmeticFor,
        Self::Select,
        Self::Power,
        Self::Increment,
        Self::FileSubstitution,
        Self::Random,
    ];

    /// The name its row in the table of facts has.
    pub fn name(self) -> &'static str {
        match self {
            Self::NegativeSubscript => "negative-subscript",
            Self::NegativeSubscriptAssigned => "negative-subscript-assigned",
            Self::CaseChange => "case-change",
            Self::Transformation => "transformation",
            Self::CaseTransformation => "case-transformation",
            Self::PairsTransformation => "pairs-transformation",
            Self::NegativeLength => "negative-length",
            Self::SliceFromZero => "slice-from-zero",
            Self::QuotedReplacement => "quoted-replacement",
            Self::TildeReplacement => "tilde-replacement",
            Self::AmpersandReplacement => "ampersand-replacement",
            Self::PipeBoth => "pipe-both",
            Self::AppendBoth => "append-both",
            Self::Coprocess => "coprocess",
            Self::CaseFallThrough => "case-fall-through",
            Self::CaseContinue => "case-continue",
            Self::PaddedRange => "padded-range",
            Self::SteppedRange => "stepped-range",
            Self::DescriptorVariable => "descriptor-variable",
            Self::UnicodeEscape => "unicode-escape",
            Self::VariableTest => "variable-test",
            Self::VariableTestKeyword => "variable-test-keyword",
            Self::ElementTestKeyword => "element-test-keyword",
            Self::ReferenceTestKeyword => "reference-test-keyword",
            Self::ExtendedPattern => "extended-pattern",
            Self::UnquotedHereString => "unquoted-here-string",
            Self::QuoteInSubstitutedHereDocument => "quote-in-substituted-here-document",
            Self::CaseInSubstitution => "case-in-substitution",
            Self::FunctionSubstitution => "function-substitution",
            Self::ValueSubstitution => "value-substitution",
            Self::SourcedProcess => "sourced-process",
            Self::ProcessInPosixMode => "process-in-posix-mode",
            Self::JoinedAssignment => "joined-assignment",
            Self::DoubleNegation => "double-negation",
            Self::BashPid => "bashpid",
            Self::EpochSeconds => "epochseconds",
            Self::EpochRealtime => "epochrealtime",
            Self::Srandom => "srandom",
            Self::BashArgv0 => "bash-argv0",
            Self::BashXtraceFd => "bash-xtracefd",
            Self::BashMonoSeconds => "bash-monoseconds",
            Self::BashAliases => "bash-aliases",
            Self::BashCmds => "bash-cmds",
            Self::GlobSort => "globsort",
            Self::FuncNest => "funcnest",
            Self::PromptDirTrim => "prompt-dirtrim",
            Self::Ps0 => "ps0",
            Self::ExecIgnore => "execignore",
            Self::Array => "array",
            Self::ArrayExpansion => "array-expansion",
            Self::TestKeyword => "test-keyword",
            Self::ArithmeticCommand => "arithmetic-command",
            Self::AppendAssignment => "append-assignment",
            Self::HereString => "here-string",
            Self::ProcessSubstitution => "process-substitution",
            Self::FunctionKeyword => "function-keyword",
            Self::FunctionName => "function-name",
            Self::BothToFile => "both-to-file",
            Self::DollarQuote => "dollar-quote",
            Self::Substring => "substring",
            Self::Replacement => "replacement",
            Self::Indirection => "indirection",
            Self::PlainRange => "plain-range",
            Self::VariableRange => "variable-range",
            Self::BraceList => "brace-list",
            Self::ArithmeticFor => "arithmetic-for",
            Self::Select => "select",
            Self::Power => "power",
            Self::Increment => "increment",
            Self::FileSubstitution => "file-substitution",
            Self::Random => "random",
        }
    }
    /// Whether it is an expansion, which a shell makes between double quotes before it hands the text to another.
    pub fn is_expansion(self) -> bool {
        matches!(
            self,
            Self::ArrayExpansion
                | Self::Substring
                | Self::Replacement
                | Self::Indirection
                | Self::Power
                | Self::Increment
                | Self::FileSubstitution
                | Self::Random
                | Self::CaseChange
                | Self::Transformation
                | Self::CaseTransformation
                | Self::PairsTransformation
                | Self::NegativeLength
                | Self::NegativeSubscript
                | Self::SliceFromZero
                | Self::BashPid
                | Self::EpochSeconds
                | Self::EpochRealtime
                | Self::Srandom
                | Self::BashMonoSeconds
                | Self::BashAliases
                | Self::BashCmds
        )
    }

    /// Whether bash has had it for ever, so that only another shell could lack it.
    pub fn is_old(self) -> bool {
        matches!(
            self,
            Self::Array
                | Self::ArrayExpansion
                | Self::TestKeyword
                | Self::ArithmeticCommand
                | Self::AppendAssignment
                | Self::HereString
                | Self::ProcessSubstitution
                | Self::FunctionKeyword
                | Self::FunctionName
                | Self::BothToFile
                | Self::DollarQuote
                | Self::Substring
                | Self::Replacement
                | Self::Indirection
                | Self::BraceList
                | Self::ArithmeticFor
                | Self::Select
                | Self::Power
                | Self::Increment
                | Self::FileSubstitution
                | Self::Random
        )
    }
}
