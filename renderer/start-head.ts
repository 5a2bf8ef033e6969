// The head of the window that index.html paints before the script runs (start-head.css). It is there until the script has
// drawn its own.

/** Takes the head away; what was typed into its box so far, else ''. */
export function takeStartHead(): string {
  const head = document.getElementById('start-head');
  head?.remove();
  return head?.querySelector('input')?.value ?? '';
}
