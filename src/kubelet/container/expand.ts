/**
 * `$(NAME)` becomes what `lookup` gives for it and stays as it is where that is undefined; `$$` is a dollar sign that starts nothing
 * (upstream: third_party/forked/golang/expansion).
 */
export function expand(text: string, lookup: (name: string) => string | undefined): string {
  if (!text.includes('$')) return text;
  return text.replace(/\$(\$|\(([^)]*)\))/g, (whole, body: string, name: string | undefined) => {
    if (body === '$') return '$';
    return lookup(name ?? '') ?? whole;
  });
}
