// Completion scripts from commander's own description of the command: words and options of each command.
import type { Command } from 'commander';

export const shells = ['bash', 'zsh', 'fish'] as const;

interface Words {
  path: string;
  words: string[];
}

const optionsOf = (command: Command): string[] =>
  [...command.options.map(option => option.long ?? ''), '--help'].filter(Boolean);

/** For each command path (`` , `image`, `image load`): what may follow. */
export function wordsOf(command: Command, path = ''): Words[] {
  const own = { path, words: [...command.commands.map(child => child.name()), ...optionsOf(command)] };
  return [
    own,
    ...command.commands.flatMap(child => wordsOf(child, path ? `${path} ${child.name()}` : child.name())),
  ];
}

function bash(words: Words[]): string {
  const cases = words.map(({ path, words }) => `    '${path}') words='${words.join(' ')}' ;;`).join('\n');
  return `_tsukube() {
  local path='' word words=''
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) ;; *) path="\${path:+$path }$word" ;; esac
  done
  case "$path" in
${cases}
    *) words='' ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _tsukube tsukube
`;
}

function fish(words: Words[]): string {
  const lines = words.flatMap(({ path, words }) => {
    const condition = path
      ? `__fish_seen_subcommand_from ${path.split(' ').at(-1)}`
      : '__fish_use_subcommand';
    return words.map(word =>
      word.startsWith('--')
        ? `complete -c tsukube -n '${condition}' -l ${word.slice(2)}`
        : `complete -c tsukube -n '${condition}' -f -a ${word}`,
    );
  });
  return `${lines.join('\n')}\n`;
}

const zsh = (words: Words[]): string => `autoload -U +X bashcompinit && bashcompinit\n${bash(words)}`;

/** The script for a shell, undefined for an unknown one. */
export function completionScript(shell: string, program: Command): string | undefined {
  const make: Record<string, (words: Words[]) => string> = { bash, zsh, fish };
  return make[shell]?.(wordsOf(program));
}
