/* Programs' dealings with memory; see scenarios.h. */
#define _GNU_SOURCE
#include "scenarios.h"

static void zero(long n) /* half of it is only read */
{
   char* start = memory(n, MAP_PRIVATE | MAP_ANONYMOUS);
   load(start, n);
   store(start, n / 2);
   munmap(start, n * PAGE);
}

static void again(long n) /* mapped at the same place four times */
{
   for (int i = 0; i < 4; i++) {
      char* start = memory(n, MAP_PRIVATE | MAP_ANONYMOUS);
      store(start, n);
      munmap(start, n * PAGE);
   }
}

static void part(long n) /* a quarter is unmapped and stays so while the rest is used */
{
   char* start = memory(n, MAP_PRIVATE | MAP_ANONYMOUS);
   store(start, n);
   munmap(start + n / 4 * PAGE, n / 4 * PAGE);
   store(start + n / 2 * PAGE, n / 2);
   munmap(start, n * PAGE);
}

static void forks(long n) /* the child stores to all and the parent to half */
{
   char* start = memory(n, MAP_PRIVATE | MAP_ANONYMOUS);
   store(start, n);
   in_child(store_to, start, n);
   in_child(load_from, start, n);
   store(start, n / 2);
   munmap(start, n * PAGE);
}

static void shares(long n) /* memory that parent and child share */
{
   char* start = memory(n, MAP_SHARED | MAP_ANONYMOUS);
   store(start, n / 2);
   in_child(store_to, start, n);
   load(start, n);
   munmap(start, n * PAGE);
}

static void breaks(long n)
{
   char* start = sbrk(n * PAGE);
   CHECK(start != (char*)-1);
   store(start, n);
   CHECK(sbrk(-n * PAGE) != (void*)-1);
}

static void moves(long n)
{
   char* start = memory(n, MAP_PRIVATE | MAP_ANONYMOUS);
   char* wall = mmap(start + n * PAGE, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
   store(start, n);
   start = mremap(start, n * PAGE, 2 * n * PAGE, MREMAP_MAYMOVE);
   CHECK(start != MAP_FAILED);
   store(start, 2 * n);
   munmap(start, 2 * n * PAGE);
   if (wall != MAP_FAILED)
      munmap(wall, PAGE);
}

static void advises(long n)
{
   char* start = memory(n, MAP_PRIVATE | MAP_ANONYMOUS);
   store(start, n);
   CHECK(madvise(start, n / 2 * PAGE, MADV_DONTNEED) == 0);
   load(start, n);
   store(start, n / 4);
   munmap(start, n * PAGE);
}

static long half;

static void* store_to_half(void* start)
{
   store(start, half);
   return 0;
}

static void threads(long n) /* two threads; each to pages of its own */
{
   char* start = memory(n, MAP_PRIVATE | MAP_ANONYMOUS);
   pthread_t thread;
   half = n / 2;
   CHECK(pthread_create(&thread, 0, store_to_half, start + n / 2 * PAGE) == 0);
   store(start, n / 2);
   pthread_join(thread, 0);
   munmap(start, n * PAGE);
}

static void keeps(long n) /* a quarter may not be written, and much was not asked to be reserved */
{
   char* start = memory(n, MAP_PRIVATE | MAP_ANONYMOUS);
   CHECK(mprotect(start, n / 4 * PAGE, PROT_READ) == 0);
   mmap(0, n / 4 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
   memory(4 * n, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE);
   store(memory(n / 2, MAP_SHARED | MAP_ANONYMOUS), n / 4);
}

static void die(char* start, long pages)
{
   store(memory(pages, MAP_PRIVATE | MAP_ANONYMOUS), pages);
   kill(getpid(), SIGTERM);
}

static void killed(long n) { in_child(die, 0, n); }

static void be_shot(char* start, long pages)
{
   store(memory(pages, MAP_PRIVATE | MAP_ANONYMOUS), pages);
   munmap(memory(1, MAP_PRIVATE | MAP_ANONYMOUS), PAGE); /* the recorder writes down what it has */
   kill(getpid(), SIGKILL);
}

static void shot(long n) { in_child(be_shot, 0, n); }

static void system_v(long n)
{
   int identifier = shmget(IPC_PRIVATE, n * PAGE, IPC_CREAT | 0600);
   CHECK(identifier >= 0);
   char* start = shmat(identifier, 0, 0);
   CHECK(start != (char*)-1 && shmctl(identifier, IPC_RMID, 0) == 0);
   store(start, n);
   in_child(store_to, start, n);
   CHECK(shmdt(start) == 0);
}

static void memory_file(long n)
{
   int descriptor = memfd_create("memory", 0);
   CHECK(descriptor >= 0 && ftruncate(descriptor, n * PAGE) == 0);
   char* start = mmap(0, n * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
   CHECK(start != MAP_FAILED && close(descriptor) == 0);
   store(start, n);
   in_child(store_to, start, n);
   munmap(start, n * PAGE);
}

static void execs(long n) /* the memory of who calls exec is given back */
{
   char* words[] = {self, 0};
   pid_t child = fork();
   if (child == 0) {
      store(memory(n, MAP_PRIVATE | MAP_ANONYMOUS), n);
      execv(self, words);
      _exit(4);
   }
   int status;
   CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void spawns(long n)
{
   char* words[] = {self, 0};
   char* none[] = {"/nowhere", 0};
   pid_t child;
   siginfo_t told;
   char* start = memory(n, MAP_PRIVATE | MAP_ANONYMOUS);
   store(start, n);
   CHECK(posix_spawn(&child, self, 0, 0, words, environ) == 0);
   CHECK(waitid(P_PID, child, &told, WEXITED) == 0 && told.si_status == 0);
   if (posix_spawn(&child, "/nowhere", 0, 0, none, environ) == 0)
      CHECK(waitpid(child, 0, 0) == child); /* Valgrind forks, and then who calls does not learn why it failed */
   store(start, n);
   munmap(start, n * PAGE);
}

static const Scenario scenarios[] = {
   {"zero", zero}, {"again", again}, {"part", part}, {"forks", forks}, {"shares", shares}, {"breaks", breaks},
   {"moves", moves}, {"advises", advises}, {"threads", threads}, {"killed", killed}, {"shot", shot},
   {"system_v", system_v}, {"memory_file", memory_file}, {"execs", execs}, {"spawns", spawns}, {"keeps", keeps},
};

int main(int count, char** words) { return run(count, words, scenarios, sizeof scenarios / sizeof *scenarios); }
