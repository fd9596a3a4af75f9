/** True for a lower-case RFC 1123 subdomain of at most 253 characters. */
export const dnsSubdomain = (text: string): boolean =>
  text.length <= 253 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(text);

/** The `generateName` of objects made for one of this name: with a dash where that is still a valid name. */
export const generateNameFor = (name: string): string => (dnsSubdomain(`${name}-x`) ? `${name}-` : name);
