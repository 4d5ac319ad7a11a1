// Server-Sent Events out of bytes, however they are cut.

export interface ServerEvent {
  type: string;
  data: string;
}

export class ServerEventReader {
  /** Where to come back: heartbeats move it on too. */
  lastId: string;
  private readonly decoder = new TextDecoder();
  private rest = '';
  private type = '';
  private data: string[] = [];
  private held = 0;

  constructor(lastId = '', private readonly mostLetters = 512 * 1024 * 1024) {
    this.lastId = lastId;
  }

  push(bytes: Uint8Array): ServerEvent[] {
    this.rest += this.decoder.decode(bytes, { stream: true });
    // A carriage return at the end may be the first half of a line's end.
    const whole = this.rest.endsWith('\r') ? this.rest.slice(0, -1) : this.rest;
    const lines = whole.split(/\r\n|\n|\r/);
    this.rest = lines.pop() + this.rest.slice(whole.length);
    const events: ServerEvent[] = [];
    for (const line of lines) {
      const event = this.readLine(line);
      if (event) events.push(event);
    }
    if (this.held + this.rest.length > this.mostLetters) {
      throw new Error(`an event of more than ${this.mostLetters} letters`);
    }
    return events;
  }

  private readLine(line: string): ServerEvent | undefined {
    if (line === '') {
      const event = { type: this.type || 'message', data: this.data.join('\n') };
      const isEvent = this.data.length > 0;
      this.type = '';
      this.data = [];
      this.held = 0;
      return isEvent ? event : undefined;
    }
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + (line[colon + 1] === ' ' ? 2 : 1));
    if (field === 'event') this.type = value;
    if (field === 'id' && !value.includes('\0')) this.lastId = value;
    if (field === 'data') {
      this.data.push(value);
      this.held += value.length;
    }
    return undefined;
  }
}
