//! `flows run|check|draw|schema`: what one needs to try and to change a graph.

mod run;

use std::{
    io::{self, Write},
    path::PathBuf,
};

use clap::{Args, Subcommand, ValueEnum};

use super::{Failure, Global};
use crate::{
    engine::{definition, diagram},
    flows,
};

/// Walk through, check, draw and describe the flow graphs.
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub struct Flows {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::Run),
    /// Find the mistakes in graph files.
    ///
    /// The files in DIR take the place of the shipped graphs of the same name; without DIR the configured directory is
    /// checked, or the shipped graphs. Each mistake is told with its file, its line and a way to mend it. Exit status
    /// 1 when there is one.
    Check {
        /// The directory with the graph files.
        #[arg(value_name = "DIR")]
        directory: Option<PathBuf>,
    },
    /// Draw a flow.
    Draw {
        /// The name of the flow, such as `login`.
        flow: String,
        /// The format of the picture.
        #[arg(long, value_enum, default_value_t = Format::Mermaid)]
        format: Format,
        /// The directory with graph files, as for `flows check`.
        #[arg(long, value_name = "DIR")]
        flows: Option<PathBuf>,
    },
    /// Print the JSON Schema of graph files, for editors.
    Schema,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// For Markdown: GitHub and many others show it as a picture.
    Mermaid,
    /// For Graphviz.
    Dot,
    /// A picture as it is.
    Svg,
}

impl Flows {
    pub(super) fn run(self, global: &Global) -> Result<(), Failure> {
        match self.command {
            Command::Run(command) => command.run(global),
            Command::Check { directory } => {
                let config = super::load(global)?;
                let directory = directory.or_else(|| config.flows.directory.clone());
                let graphs = flows::graphs(&config, directory.as_deref(), &flows::registry())?;
                let names: Vec<&str> = graphs.iter().map(|graph| graph.name.as_str()).collect();
                Ok(writeln!(io::stdout(), "no mistakes in {}", names.join(", "))?)
            }
            Command::Draw { flow, format, flows: directory } => {
                let config = super::load(global)?;
                let directory = directory.or_else(|| config.flows.directory.clone());
                let graphs = flows::graphs(&config, directory.as_deref(), &flows::registry())?;
                let Some(graph) = graphs.iter().find(|graph| graph.name == flow) else {
                    let names: Vec<&str> = graphs.iter().map(|graph| graph.name.as_str()).collect();
                    return Err(format!("there is no flow `{flow}`; there are {}", names.join(", ")).into());
                };
                let picture = match format {
                    Format::Mermaid => diagram::mermaid(graph),
                    Format::Dot => diagram::dot(graph),
                    Format::Svg => diagram::svg(graph),
                };
                Ok(io::stdout().write_all(picture.as_bytes())?)
            }
            Command::Schema => {
                let schema = serde_json::to_string_pretty(&definition::file_schema())?;
                Ok(writeln!(io::stdout(), "{schema}")?)
            }
        }
    }
}
