/* Programs' dealings with files; see scenarios.h. */
#define _GNU_SOURCE
#include "scenarios.h"

static void maps_private(long n)
{
   int descriptor = file("private", n, O_TRUNC);
   char* start = mmap(0, n * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, descriptor, 0);
   CHECK(start != MAP_FAILED);
   load(start, n);
   store(start, n / 2);
   munmap(start, n * PAGE);
   close(descriptor);
}

static void maps_shared(long n)
{
   int descriptor = file("shared", n, O_TRUNC);
   char* start = mmap(0, n / 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, n / 2 * PAGE);
   CHECK(start != MAP_FAILED);
   store(start, n / 2);
   munmap(start, n / 2 * PAGE);
   close(descriptor);
}

static void unlinks(long n) /* an open file, which is read after that */
{
   int descriptor = file("unlinked", n, 0);
   int other = dup(descriptor);
   char bytes[PAGE];
   CHECK(unlink("unlinked") == 0 && close(descriptor) == 0);
   for (long i = 0; i < n; i++)
      CHECK(pread(other, bytes, PAGE, i * PAGE) == PAGE);
   close(other);
}

static void unlinks_links(long n) /* a symbolic link, and one of two names: the file stays */
{
   close(file("linked", n, O_TRUNC));
   CHECK(symlink("linked", "name") == 0 && unlink("name") == 0);
   CHECK(link("linked", "name") == 0 && unlink("name") == 0);
   CHECK(rename("linked", "linked") == 0);
}

static void replaces(long n) /* a file by another of its name */
{
   close(file("old", n, 0));
   close(file("new", n / 2, 0));
   CHECK(rename("new", "old") == 0);
   CHECK(unlink("old") == 0);
}

static void truncates(long n)
{
   int descriptor = file("truncated", n, 0);
   CHECK(ftruncate(descriptor, n / 4 * PAGE) == 0);
   close(descriptor);
   close(file("truncated", n, 0)); /* which makes the pages that were cut again */
   close(file("truncated", 0, O_TRUNC));
   CHECK(unlink("truncated") == 0);
}

static void copies(long n) /* within the kernel */
{
   int from = file("from", n, O_TRUNC), to = file("to", 0, O_TRUNC);
   off_t at = n / 2 * PAGE;
   for (off_t left = at; left > 0;)
      left -= sendfile(to, from, &at, left);
   loff_t source = 0, target = n / 2 * PAGE;
   for (ssize_t left = target, done; left > 0; left -= done)
      CHECK((done = copy_file_range(from, &source, to, &target, left, 0)) > 0);
   close(from);
   close(to);
}

static void in_vectors(long n) /* preadv2 and pwritev2, at a place and at the position */
{
   static char bytes[2 * PAGE];
   struct iovec two[] = {{bytes, PAGE}, {bytes + PAGE, PAGE}};
   int descriptor = file("vectors", 0, O_TRUNC);
   for (long i = 0; i < n / 2; i += 2)
      CHECK(pwritev2(descriptor, two, 2, i * PAGE, 0) == 2 * PAGE);
   CHECK(lseek(descriptor, n / 2 * PAGE, SEEK_SET) == n / 2 * PAGE);
   for (long i = n / 2; i < n; i += 2)
      CHECK(pwritev2(descriptor, two, 2, -1, 0) == 2 * PAGE);
   CHECK(lseek(descriptor, 0, SEEK_SET) == 0);
   for (long i = 0; i < n; i += 2) {
      CHECK(lseek(descriptor, i * PAGE, SEEK_SET) == i * PAGE);
      CHECK(preadv2(descriptor, two, 2, i % 4 ? i * PAGE : -1, 0) == 2 * PAGE);
   }
   close(descriptor);
}

static void punches(long n)
{
   int descriptor = file("punched", n, O_TRUNC);
   if (fallocate(descriptor, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, PAGE, n / 2 * PAGE) != 0)
      CHECK(errno == EOPNOTSUPP);
   close(descriptor);
}

static const Scenario scenarios[] = {
   {"maps_private", maps_private}, {"maps_shared", maps_shared}, {"unlinks", unlinks},
   {"unlinks_links", unlinks_links}, {"replaces", replaces}, {"truncates", truncates}, {"copies", copies},
   {"in_vectors", in_vectors}, {"punches", punches},
};

int main(int count, char** words) { return run(count, words, scenarios, sizeof scenarios / sizeof *scenarios); }
