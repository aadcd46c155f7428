//! The examples of the README that machines read (issue 11 item 42).

const README: &str = include_str!("../../README.md");

/// Returns the text of every fenced block of this language.
fn blocks(language: &str) -> Vec<String> {
    let fence = format!("```{language}");
    let mut blocks = Vec::new();
    let mut lines = README.lines();
    while let Some(line) = lines.next() {
        if line.trim() == fence {
            blocks.push(lines.by_ref().take_while(|line| line.trim() != "```").collect::<Vec<_>>().join("\n"));
        }
    }
    blocks
}

#[test]
fn every_yaml_block_parses() {
    let blocks: Vec<_> = ["yaml", "yml"].into_iter().flat_map(blocks).collect();
    assert!(blocks.len() >= 2, "{blocks:?}");
    for block in &blocks {
        let parsed: Result<serde_yaml::Value, _> = serde_yaml::from_str(block);
        assert!(parsed.is_ok(), "{block}\n{parsed:?}");
    }
}

#[test]
fn the_workflow_runs_commands() {
    let blocks = blocks("yaml");
    let workflow = blocks.iter().find(|block| block.contains("runs-on")).unwrap();
    let workflow: serde_yaml::Value = serde_yaml::from_str(workflow).unwrap();
    let steps = workflow["jobs"]["report"]["steps"].as_sequence().unwrap();
    let commands: Vec<&str> = steps.iter().map(|step| step["run"].as_str().unwrap()).collect();
    assert!(commands.iter().any(|command| command.contains("Authorization: Bearer $DA_TOKEN")), "{commands:?}");
}
