/* What the programs that the tests record share: usage of each: PROGRAM FOLDER.
   Each scenario runs with 8, 64 and 192 pages, and before each run and at the end a page of FOLDER/marks is read, the
   next one each time: what is between two marks belongs to one run. */
#pragma GCC diagnostic ignored "-Wunused-function"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096
#define CHECK(holds) ((holds) ? (void)0 : (perror(#holds), exit(3)))

extern char** environ;
static char* self;

static char* memory(long pages, int flags)
{
   char* start = mmap(0, pages * PAGE, PROT_READ | PROT_WRITE, flags, -1, 0);
   CHECK(start != MAP_FAILED);
   return start;
}

static void store(volatile char* start, long pages)
{
   for (long page = 0; page < pages; page++)
      start[page * PAGE] = 1;
}

static void load(volatile char* start, long pages)
{
   for (long page = 0; page < pages; page++)
      (void)start[page * PAGE];
}

static int file(const char* name, long pages, int flags)
{
   static char page[PAGE];
   int descriptor = open(name, O_RDWR | O_CREAT | flags, 0600);
   CHECK(descriptor >= 0);
   for (long i = 0; i < pages; i++)
      CHECK(pwrite(descriptor, page, PAGE, i * PAGE) == PAGE);
   return descriptor;
}

static void in_child(void (*what)(char*, long), char* start, long pages)
{
   pid_t child = fork();
   CHECK(child >= 0);
   if (child == 0) {
      what(start, pages);
      _exit(0);
   }
   CHECK(waitpid(child, 0, 0) == child);
}

static void store_to(char* start, long pages) { store(start, pages); }
static void load_from(char* start, long pages) { load(start, pages); }

static void mark(int marks)
{
   static off_t at = 0;
   char byte;
   CHECK(pread(marks, &byte, 1, at) == 1);
   at += PAGE;
}

typedef struct { const char* name; void (*run)(long); } Scenario;

static int run(int count, char** words, const Scenario* scenarios, int n)
{
   if (count < 2)
      return 0;
   self = realpath("/proc/self/exe", 0);
   CHECK(chdir(words[1]) == 0);
   int marks = file("marks", 0, O_TRUNC);
   CHECK(ftruncate(marks, 1000 * PAGE) == 0);
   for (int i = 0; i < n; i++)
      for (long pages = 8; pages <= 192; pages = pages == 8 ? 64 : 3 * pages) {
         mark(marks);
         scenarios[i].run(pages);
      }
   mark(marks);
   return 0;
}
