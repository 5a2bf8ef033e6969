// What index.html starts. The window itself is a file of its own, so that the head in index.html is painted while that one is
// still being read: an empty frame less to look at.
void import('./window.ts');
