/** One line of a container's log file, as CRI runtimes write it: `time stream tags content`. */
export interface LogLine {
  /** RFC 3339 with nanoseconds. */
  time: string;
  stream: 'stdout' | 'stderr';
  /** With its line end, unless the line goes on in the next one. */
  content: string;
}

/** Undefined for what is no log line. `line` has no line end. */
export function parseLogLine(line: string): LogLine | undefined {
  const first = line.indexOf(' ');
  const second = line.indexOf(' ', first + 1);
  const third = line.indexOf(' ', second + 1);
  if (first < 0 || second < 0) return undefined;
  const stream = line.slice(first + 1, second);
  if (stream !== 'stdout' && stream !== 'stderr') return undefined;
  const tags = third < 0 ? line.slice(second + 1) : line.slice(second + 1, third);
  const content = third < 0 ? '' : line.slice(third + 1);
  const partial = tags.split(':')[0] === 'P';
  return { time: line.slice(0, first), stream, content: partial ? content : `${content}\n` };
}
