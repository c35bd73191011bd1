// A plugin of qemu's that counts the instructions that the emulated program executes, on all its threads, and writes
// the number into the file that its argument out names. The declarations are those of qemu's documented interface for
// plugins, version 1, since Debian's packages lack its header.
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef uint64_t plugin_id;
struct qemu_plugin_tb;
enum { NO_REGISTERS = 0 };

extern void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id, void (*callback)(plugin_id, struct qemu_plugin_tb *));
extern void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *block, void (*callback)(unsigned int, void *),
                                                 int registers, void *argument);
extern void qemu_plugin_register_atexit_cb(plugin_id id, void (*callback)(plugin_id, void *), void *argument);
extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);

__attribute__((visibility("default"))) int qemu_plugin_version = 1;

static uint64_t executed;
static char path[4096];

static void execute(unsigned int processor, void *instructions) {
	(void)processor;
	__atomic_fetch_add(&executed, (uint64_t)(uintptr_t)instructions, __ATOMIC_RELAXED);
}

static void translate(plugin_id id, struct qemu_plugin_tb *block) {
	(void)id;
	uintptr_t instructions = qemu_plugin_tb_n_insns(block);
	qemu_plugin_register_vcpu_tb_exec_cb(block, execute, NO_REGISTERS, (void *)instructions);
}

static void finish(plugin_id id, void *argument) {
	(void)id;
	(void)argument;
	FILE *out = fopen(path, "w");
	if (out) {
		fprintf(out, "%llu\n", (unsigned long long)executed);
		fclose(out);
	}
}

__attribute__((visibility("default"))) int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv) {
	(void)info;
	if (argc != 1 || strncmp(argv[0], "out=", 4) || strlen(argv[0]) - 4 >= sizeof path) return 1;
	strcpy(path, argv[0] + 4);
	qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
	qemu_plugin_register_atexit_cb(id, finish, NULL);
	return 0;
}
